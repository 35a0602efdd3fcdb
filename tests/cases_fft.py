"""The ways to call the functions of the `fft` extension: cases.py has the others."""

from case import COMPLEX, REAL, row

for name in ("fft.fft", "fft.ifft"):
    row(name, COMPLEX(5))
    row(name, COMPLEX(4))
    row(name, COMPLEX(1))
    row(name, COMPLEX(2, 4), n=6, norm="ortho")
    row(name, COMPLEX(5, 2), n=3, axis=0, norm="forward")
    row(name, COMPLEX(2, 3, 2), axis=1)
    row(name, REAL(2, 5), n=4, flags="lax")

for name in ("fft.fftn", "fft.ifftn"):
    row(name, COMPLEX(3, 4))
    row(name, COMPLEX(2, 3, 2), axes=(0, -2), norm="ortho")
    row(name, COMPLEX(3, 4), s=(5, 2), axes=(0, 1), norm="forward")
    row(name, COMPLEX(2, 3), s=(4,), axes=(1,))
    row(name, REAL(3, 3), flags="lax")

for name in ("fft.rfft", "fft.ihfft"):
    row(name, REAL(5))
    row(name, REAL(6))
    row(name, REAL(1))
    row(name, REAL(2, 4), n=7, norm="ortho")
    row(name, REAL(7, 2), n=4, axis=0, norm="forward")

for name in ("fft.irfft", "fft.hfft"):
    row(name, COMPLEX(4))
    row(name, COMPLEX(4), n=7)
    row(name, COMPLEX(3, 2), n=3, axis=0, norm="ortho")
    row(name, COMPLEX(2, 3), n=9, norm="forward")
    row(name, COMPLEX(2, 5), n=4)

row("fft.rfftn", REAL(3, 4))
row("fft.rfftn", REAL(2, 3, 5), axes=(0, 2), norm="ortho")
row("fft.rfftn", REAL(3, 4), s=(2, 5), axes=(1, 0), norm="forward")
row("fft.rfftn", REAL(3, 4), axes=(1,))
row("fft.irfftn", COMPLEX(3, 3))
row("fft.irfftn", COMPLEX(2, 3, 3), axes=(0, 2), norm="ortho")
row("fft.irfftn", COMPLEX(3, 4), s=(2, 5), axes=(1, 0), norm="forward")
row("fft.irfftn", COMPLEX(3, 4), axes=(1,))

for name in ("fft.fftshift", "fft.ifftshift"):
    row(name, REAL(5), flags="lax")
    row(name, COMPLEX(2, 5))
    row(name, COMPLEX(4, 3), axes=0)
    row(name, COMPLEX(4, 3, 2), axes=(0, -1))
