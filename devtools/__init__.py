"""What the commands of `dev.py` stand on. It makes the environment, so it imports nothing of it.

``places``      where things lie in the checkout
``running``     programs: shown or silent, in turn or beside each other
``children``    programs that end with the one that started them
``setting_up``  the environment, Node.js, the bundle, kernels and browsers, each once
"""
