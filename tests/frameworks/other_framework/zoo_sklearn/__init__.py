"""A plugin for tests, in a framework that the core has never heard of: scikit-learn.

Its model is an ``SGDClassifier`` a head, its trainer calls ``partial_fit``.
"""
