"""What is measured, one pure file each."""
