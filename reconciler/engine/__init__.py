"""One reconcile pass: make the compilation jobs of an account agree with what is declared.

A fleet's custom resource, its schedule and the command line are three doors to the same pass.
Each brings declarations, ports and a lease, and reads a report. Nothing here knows CloudFormation,
Lambda, a terminal or boto3: the outside is reached through ``Ports`` (``reconciler.core.ports``
says what each port promises), so that a test runs a pass in virtual time, on fakes.

A pass is level-triggered: it remembers nothing, starts from what the account shows, and may
end, or die, after any call. The next pass continues from there. ``Reconciler.reconcile`` makes one,
in five stages, each with values in and values out::

    DesiredState ──────────────┐
                               ▼
    account ──► gather ──► FleetSnapshot ──► plan ──► Plan ──► act ──► PassOutcome ──► report
                  ▲                                             │                        │
                  └──────────── records of the manifest ◄───────┴────────────────────────┘

1. **Gather** (``gather``) reads the account, and changes nothing. One List by the owner's prefix
   shows name, status and time of every job. What a finished job compiled never changes, so it is
   described once, with its tags and a look at its artifact, and then kept as a record in the
   manifest. A pass over a fleet at rest makes one List a hundred jobs, and no Describe. What
   cannot be read now is noted as unread, and does not keep other jobs from being read.

2. **Decide** (``reconciler.core.planner``) makes a plan of the snapshot. It is pure and total:
   the same declarations and jobs give the same plan, with one decision for each declaration and a
   reason for each action. A job is kept, awaited, created, retried, deferred to the next pass,
   rejected, or in conflict; undeclared live jobs are stopped. Where a person has approved a plan,
   ``PassOptions.permit`` leaves of the new plan what was approved, job by job.

3. **Act** (``act``) applies the plan in batches of 50 changes, or 20 seconds. Before each batch
   the ``Lease`` is renewed: if another actor wrote a generation, or the caller may not go on, the
   pass ends there. Requests are checked by the rules before anything is started. ``Executor``
   carries out one action, ``Backoff`` sets the pace, and ``errors`` says what an error means:
   retry later, or this job has failed. An error of one job does not stop the others. Finished
   records that nothing declares are deleted last, since their tags must be read first.

4. **Verify** (``verify``) reads the artifacts of COMPLETED jobs, each once, where that was asked
   for. It comes after acting, since it takes long, and what was found is kept in the job's record;
   it changes what is reported, and nothing of the plan.

5. **Report** (``report``) says how far every declared job is, counts them, and gives failures
   their class. Together with the records it becomes the manifest, which is stored if it changed.
   The manifest is only memory: without it everything is reread.

Three rules keep actors apart:

* A job's **name** carries its identity, so the same declaration is never created twice: the
  service refuses a name that is in use (docs/decisions/0001).
* The **generation** (``reconciler.core.fleet.generation``, written by ``generation``) is one small
  object in S3 that says what is desired. It is written only if it has not changed meanwhile.
* The **lease** in that object lets one actor at a time change jobs. ``HeldLease`` is taken by a
  pass that shares its jobs with other actors, ``NoLease`` by one that does not.

A single job's custom resource has no fleet to sweep, and so no pass; it uses the same planner,
``Executor`` and table of errors.
"""
