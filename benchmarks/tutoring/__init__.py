"""What learners write in lessons, and how it is measured what the tutor takes it for."""
