"""From a scene to pixels: conditioning, devices and the renderer."""
