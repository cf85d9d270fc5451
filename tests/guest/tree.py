# SPDX-License-Identifier: GPL-2.0
"""Where the tree is. Importing this module makes those of tools/vm importable."""

import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, 'tools', 'vm'))
