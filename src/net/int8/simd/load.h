/* From the planar image to channels last, for every instruction set: blocks of BLOCK pixels x BLOCK channels. Before it:
 *
 *   BLOCK                                          16
 *   load_row(in, n, dst)                           a row of n pixels of one channel
 *   block(in, plane, channels, dst, pitch, bytes)  `channels` rows of BLOCK pixels, `plane` bytes apart, transposed to
 *                                                  `bytes` bytes of BLOCK pixels, `pitch` bytes apart
 *
 * The last block of a row overlaps the one before it, so that nothing behind the image is read. */
static void load(const struct net_tensor *out, const uint8_t *in)
{
	size_t plane = (size_t)out->h * (size_t)out->w;

	if (out->w < BLOCK) {
		ref_load(out, in);
		return;
	}
	for (int y = 0; y < out->h; y++, in += out->w) {
		if (out->pitch == 1) {
			load_row(in, out->w, net_pixel_out(out, y, 0));
			continue;
		}
		for (int x = 0; x < out->w; x += BLOCK) {
			x = x > out->w - BLOCK ? out->w - BLOCK : x;
			for (int c = 0; c < out->pitch; c += BLOCK)
				block(in + (size_t)c * plane + x, plane, out->c - c < BLOCK ? out->c - c : BLOCK,
				      net_pixel_out(out, y, x) + c, out->pitch,
				      out->pitch - c < BLOCK ? out->pitch - c : BLOCK);
		}
	}
}
