"""What of the data can be reached, by whom and where, worked out from metadata alone.

One walk of a snapshot yields every surface on which people with a role meet an attribute. The exposure lock, the preview of
a release and the explainer read it; none of them has a reckoning of its own.
"""

from runtime.exposure.walk import Exposure, exposures, exposures_of

__all__ = ["Exposure", "exposures", "exposures_of"]
