"""The canvas: panes that show one scene as labels and as a photograph, and the tools that paint on them."""
