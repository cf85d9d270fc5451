# SPDX-License-Identifier: GPL-2.0
"""What the tests of tools share: their list, files, programs as modules."""

import importlib.machinery
import importlib.util
import os

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TESTS = []


def test(function):
    """Decorator: function(folder) is a test; folder is its own, and empty at first."""
    TESTS.append(function)
    return function


def write(path, text):
    """Write a file, and make its folder."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as f:
        f.write(text)


def read(path):
    """Read a file."""
    with open(path, encoding='utf-8') as f:
        return f.read()


def program(path):
    """Load a script as a module."""
    loader = importlib.machinery.SourceFileLoader(path.replace('/', '_'), os.path.join(TOP, path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module
