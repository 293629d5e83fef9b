"""Exercise 2: enhancers, a convolutional network and what it has learnt."""
