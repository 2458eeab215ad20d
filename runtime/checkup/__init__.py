"""The health of a site: what is served, looked over rule by rule for what is legal and yet no good, each finding with its mend.

What is wrong keeps a release from being made (metadata.checks); what is found here was released and does not serve its people.
"""
