"""Photos with boxes around animals, as COCO and VOC label them: each photo becomes a video of its own."""
