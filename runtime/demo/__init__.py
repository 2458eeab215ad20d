"""The demo: a portal from the customer-portal starter beside a sample ERP that lives, on one machine, with people to be.

It uses nothing that an installation has not got: the same commands, the same files, the same sign-in. What it adds is the
cast and the processes.
"""
