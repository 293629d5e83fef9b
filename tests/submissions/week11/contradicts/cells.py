# %% solution="roc_auc"
roc_auc_answer = 0.91
pr_auc_answer = 0.88
