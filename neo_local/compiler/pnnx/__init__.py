"""PyTorch models by pnnx: TorchScript read without PyTorch, and written as ONNX.

    process     runs pnnx, which may crash, as a child
    graph       reads what it leaves: a graph of PyTorch's own operators, and the weights
    convert     turns that graph into an ONNX model, which TVM takes
    writer      the ONNX model being written
    operators   the table of PyTorch's operators
    elementwise, layers, pooling, shapes, attention     what stands in it

https://github.com/pnnx/pnnx describes the operators and their parameters.
"""
