"""The running process: which clusters it waits for, whether it may write, when the cycle collector pauses.

Never here: what is sent or read. Importing these modules loads nothing else. May be imported by everybody.
"""
