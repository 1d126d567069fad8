"""Random outputs and targets of every built-in task."""

import numpy as np

from zoo_core.plugins.data_specs import TargetSpec
from zoo_core.tasks.classification import Classification
from zoo_core.tasks.multi_label import MultiLabel
from zoo_core.tasks.regression import Regression
from zoo_core.tasks.segmentation import IGNORED_PIXEL, Segmentation
from zoo_core.tasks.sequence import StringRecognition

NAMES = tuple("abcdefghijklmnopqrstuvwxyz")


def classes(generator, count):
    task = Classification(TargetSpec(task="classification", classes=NAMES[:9]))
    return task, logits(generator, count, 9), generator.integers(0, 9, count)


def labels(generator, count):
    task = MultiLabel(TargetSpec(task="multi-label", classes=NAMES[:9]))
    return task, logits(generator, count, 9), generator.integers(0, 2, (count, 9)).astype(np.uint8)


def pairs(generator, count):
    task = MultiLabel(TargetSpec(task="multi-label", classes=NAMES[:9], choose=2))
    targets = generator.random((count, 9)).argsort(axis=1) < 2
    return task, logits(generator, count, 9), targets.astype(np.uint8)


def number(generator, count):
    task = Regression(TargetSpec(task="regression", unit="km"))
    return task, logits(generator, count, 1), generator.normal(50, 3, count).astype(np.float32)


def vector(generator, count):
    task = Regression(TargetSpec(task="regression", shape=(11,)))
    return task, generator.normal(0, 2, (count, 11)), generator.normal(0, 3, (count, 11))


def depths(generator, count):
    task = Regression(TargetSpec(task="regression", shape=(5, 7)))
    targets = generator.normal(2, 3, (count, 5, 7)).astype(np.float32)
    return task, logits(generator, count, 35), targets


def masks(generator, count):
    task = Segmentation(TargetSpec(task="segmentation", classes=NAMES[:4], shape=(5, 6)))
    targets = generator.integers(0, 4, (count, 5, 6)).astype(np.uint8)
    targets[generator.random(targets.shape) < 0.1] = IGNORED_PIXEL
    return task, logits(generator, count, 4, 5, 6), targets


def strings(generator, count):
    task = StringRecognition(TargetSpec(task="sequence", classes=NAMES[:3], shape=(5,)))
    codes = generator.integers(0, 3, (count, 5))
    codes[np.arange(5) >= generator.integers(0, 6, count)[:, np.newaxis]] = -1
    return task, logits(generator, count, 11, 4), codes


def logits(generator, *shape):
    return generator.normal(0, 2, shape).astype(np.float32)


EVERY = (classes, labels, pairs, number, vector, depths, masks, strings)
