"""The tape: it knows arrays through backends, and no function by name. See README.md here."""

from . import backward as backward  # gives Tensor its method of that name
