"""Names of the files that zoo writes into runs, studies and registries."""

CONFIG = "config.json"
METRICS = "metrics.jsonl"
WEIGHTS = "model.safetensors"
CARD = "card.json"
CARD_PAGE = "card.md"
INDEX = "index.json"
STUDY = "study.json"
