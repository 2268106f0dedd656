package reportpdf

// The colours are those of the design tokens' light theme. None carries meaning alone: every flag has its shape and its
// letter, so that a report says the same on a black and white printer.
const (
	black       colour = 0x000000
	white       colour = 0xFFFFFF
	ink         colour = 0x15202A
	inkSoft     colour = 0x455463
	lineSoft    colour = 0xDDE3E8
	lineMid     colour = 0xB4BFC8
	groundRow   colour = 0xF6F8FA
	groundBand  colour = 0xE3E9EE
	accent      colour = 0x0B766E
	inkHigh     colour = 0xB9252C
	inkLow      colour = 0x1E5BB8
	inkCritical colour = 0xB8450A
)
