"""An identity provider and an API on loopback, to rehearse every flow offline (extra ``demo``)."""
