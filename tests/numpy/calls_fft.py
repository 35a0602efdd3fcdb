"""Calls of fft."""

CALLS = {
    **{
        f"fft.{name}": [
            f"np.fft.{name}({x})" for x in ("t", "t, 3", "t, 6, 1", "t, axis=0, norm='ortho'", "j")
        ]
        for name in ("fft", "ifft", "rfft", "ihfft")
    },
    **{
        f"fft.{name}": [f"np.fft.{name}({x})" for x in ("z", "z, 5", "z, 4, 0, 'forward'", "t")]
        for name in ("irfft", "hfft")
    },
    **{
        f"fft.{name}": [
            f"np.fft.{name}({x})"
            for x in (
                "t",
                "t, (2, 3), (0, 1)",
                "t, axes=(1, 2), norm='ortho'",
                "t, (-1, 5), (1, 2)",
            )
        ]
        for name in ("fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2")
    },
    "fft.fftshift": ["np.fft.fftshift(t)", "np.fft.fftshift(t, axes=1)"],
    "fft.ifftshift": ["np.fft.ifftshift(t)", "np.fft.ifftshift(t, axes=(0, 2))"],
    "fft.fftfreq": ["np.fft.fftfreq(5)", "np.fft.fftfreq(4, 0.1)"],
    "fft.rfftfreq": ["np.fft.rfftfreq(5)"],
}
