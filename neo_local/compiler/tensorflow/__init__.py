"""TensorFlow and Keras models by TensorFlow's own converter to TFLite, which TVM takes.

    process     runs the conversion as a child, by the Python that has TensorFlow
    convert     the child: from a model file to a TFLite file with fixed shapes
    keras_files, graphs     the models it reads

Reading such models can run code that is in them: that happens in the job's sandbox.
"""
