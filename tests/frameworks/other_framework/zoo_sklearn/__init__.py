"""A plugin for tests, with a framework that the core does not mention: scikit-learn.

Its model is one ``SGDClassifier`` per head; its trainer calls ``partial_fit``.
"""
