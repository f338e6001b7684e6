"""What a plan says of access is the difference of who may call whom before and after it.

A pair of configurations is asked twice: as declared, where the services that either names run in both worlds,
and with `access --live` on sandbox servers, before the plan is carried out and after it. One service of each
cluster is named nowhere: it is among those that `*` stands for, as a caller and as a destination.

`python -m tests.transitions.saying --pairs 300 --seed 1 --versions 1.20,1.16,1.22`
"""
