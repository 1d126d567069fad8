// Views of heads by task. A view is made for one head of one model:
// `said` and `detail` are its nodes (or null), `empty()` and `show(answer, image)` fill them.
// `text` is an answer as words to compare with those of other models, null if it cannot be compared;
// `spoken` is an answer for a screen reader.

import * as classes from "./classes.js";
import * as labels from "./labels.js";
import * as mask from "./mask.js";
import * as string from "./string.js";
import * as text from "./text.js";

const BY_TASK = { classification: classes, "multi-label": labels, segmentation: mask, sequence: string };

export const viewOf = (head) => BY_TASK[head.task] ?? text;
