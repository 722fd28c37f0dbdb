"""A simulated telephone provider with Twilio's API."""
