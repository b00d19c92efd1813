"""The dashboard for those who teach: where a class is stuck. A process beside the tutor's nodes.

figures   what its pages say of a class: pure
"""
