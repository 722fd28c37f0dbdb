"""The workflows of periodic jobs: one short run of a schedule, and one long-lived workflow of rounds."""
