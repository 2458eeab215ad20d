"""Links that people share: to rows that they reach, for a time and a number of uses, each narrower than what made it.

What a link reaches is decided in `runtime/access`, as with everything else; here links are made, opened, listed and ended.
"""
