"""Artifacts beside the models that they came from: run on the same inputs, and compared.

run_comparison  prepares a run, and has it done in the sandbox
comparison      runs both there, and compares their outputs
references      the model by its framework's own runtime
tensorflow_child, torchscript   runtimes in a process of their own
pickled_tensors TorchScript's constants, written
remote          the artifact in a process of its own
emulator        qemu, and the program (runner/) that loads an artifact for another processor
"""
