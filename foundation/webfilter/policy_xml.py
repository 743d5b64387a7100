"""The document form of a web policy, both ways.

`decode_web_policy(encode_web_policy(policy)) == policy` for every policy whose texts XML can carry.
"""

from foundation.webfilter.policy_reading import decode_web_policy
from foundation.webfilter.policy_writing import encode_web_policy

__all__ = ["decode_web_policy", "encode_web_policy"]
