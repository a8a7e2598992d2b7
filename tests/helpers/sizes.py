"""Smaller sizes for the notebooks, so that tests take less time."""

# What the cell of going_further that is tagged "parameters" becomes.
SMALL_SIZES = """
SEED = 1
STEPS = STEPS_TOO_MANY = ROWS_STEPS = SEARCH_STEPS = 100
N_RUNS = 2
ROWS = (100, 1000)
SEARCH_SEEDS = (1,)
FRESH_SEEDS = (101,)
LUCKY_RUNS = 2
TRAIN_BEST = True
COPIES = VIEWS = 1
EPOCHS = 5
"""
