"""Runtime security monitoring (system E, the supervision's): what is reported, missing, odd, and ordered."""
