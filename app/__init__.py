"""The studio: windows, canvas, panels and threads. Imports core; core never imports app."""
