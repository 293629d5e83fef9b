"""Week 11: vanishing gradients, enhancers, pen and paper."""
