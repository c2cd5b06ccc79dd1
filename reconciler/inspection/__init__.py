"""What is in a model archive, read as data: nothing in it is unpickled, imported or run.

``checks.report.inspect_stream`` is the door. An archive passes through these stages:

1. ``gunzip`` and ``tar`` read it as a stream, member by member, under a ``limits.ReadBudget`` of
   bytes, members and seconds; ``archive`` keeps the members that may be models.
2. In ``readers``, ``archive_formats`` tells each member's format by its first bytes,
   ``model_reader`` hands it to the reader of that format, and a ``model.Model`` comes back:
   framework, version, inputs, outputs, operators. What a reader cannot read becomes a finding,
   never an exception.
3. In ``checks``, ``input_config`` derives the DataInputConfig that the model implies; ``layout``
   and ``operators`` find what Neo is known to refuse or to fail on.
4. The result is one ``report.InspectionReport``. ``checks.request`` compares a
   CreateCompilationJob request with it.

Standard library only; of this project, the rules (for findings and targets) and nothing else.
"""
