"""Names of the files that zoo writes into runs, studies and registries."""

# Here and not with their writers, because several packages use them. The names are part of the
# format of runs and registries: published weights are found by them.
CONFIG = "config.json"
METRICS = "metrics.jsonl"
EXAMPLES = "examples.csv"
WEIGHTS = "model.safetensors"
CARD = "card.json"
CARD_PAGE = "card.md"
INDEX = "index.json"
STUDY = "study.json"
FOLDS = "folds.json"
OUT_OF_FOLD = "out-of-fold.csv"
RUN_LOCK = ".training.lock"
