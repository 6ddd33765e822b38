//! Inputs: half of them from the edges of their type, the rest random; the seed is fixed.

/// A small generator (xorshift64*), good enough to pick inputs and the same everywhere.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.next() as usize % from.len()]
    }
}

/// A type that inputs can be generated of.
pub(crate) trait Any {
    fn any(rng: &mut Rng) -> Self;
}

macro_rules! int {
    ($($ty:ident)*) => {$(
        impl Any for $ty {
            fn any(rng: &mut Rng) -> Self {
                let wide = (u128::from(rng.next()) << 64 | u128::from(rng.next())) as $ty;
                match rng.next() % 8 {
                    0 | 1 => rng.pick(&[0, 1, $ty::MAX, $ty::MIN, $ty::MAX - 1, $ty::MIN + 1, $ty::MAX / 2, (0 as $ty).wrapping_sub(1)]),
                    2 | 3 => (rng.next() % 20) as $ty,
                    4 => (0 as $ty).wrapping_sub((rng.next() % 20) as $ty),
                    5 => wide >> (rng.next() % u64::from($ty::BITS)) as u32,
                    _ => wide,
                }
            }
        }
    )*};
}
int!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

macro_rules! float {
    ($($ty:ident $bits:ident)*) => {$(
        impl Any for $ty {
            fn any(rng: &mut Rng) -> Self {
                match rng.next() % 8 {
                    0 => rng.pick(&[
                        0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, $ty::MAX, $ty::MIN, $ty::MIN_POSITIVE, $ty::EPSILON,
                        $ty::INFINITY, $ty::NEG_INFINITY, $ty::NAN, 2147483648.0, 4294967296.0, -2147483649.0, 9.3e18, 1.9e19,
                        255.0, 255.5, 256.0, -129.0, 3.4e38, 65535.9,
                    ]),
                    1 => $ty::from_bits(rng.next() as $bits),
                    2 => (rng.next() % 2000) as $ty - 1000.0,
                    3 => (rng.next() % 2000) as $ty / 8.0 - 100.0,
                    _ => (rng.next() as i64 as $ty) / (1u64 << (rng.next() % 63)) as $ty,
                }
            }
        }
    )*};
}
float!(f32 u32 f64 u64);

impl Any for ringkernel::f16 {
    fn any(rng: &mut Rng) -> Self {
        match rng.next() % 4 {
            0 => Self::from_f32(f32::any(rng)),
            1 => Self::from_f32((rng.next() % 400) as f32 / 16.0 - 12.0),
            _ => Self::from_bits(rng.next() as u16),
        }
    }
}

impl Any for ringkernel::bf16 {
    fn any(rng: &mut Rng) -> Self {
        match rng.next() % 4 {
            0 => Self::from_f32(f32::any(rng)),
            1 => Self::from_f32((rng.next() % 400) as f32 / 16.0 - 12.0),
            _ => Self::from_bits(rng.next() as u16),
        }
    }
}

impl Any for bool {
    fn any(rng: &mut Rng) -> Self {
        rng.next() & 1 == 1
    }
}

impl<T: Any> Any for Option<T> {
    fn any(rng: &mut Rng) -> Self {
        bool::any(rng).then(|| T::any(rng))
    }
}

impl<T: Any, const N: usize> Any for [T; N] {
    fn any(rng: &mut Rng) -> Self {
        std::array::from_fn(|_| T::any(rng))
    }
}

macro_rules! tuple {
    ($($ty:ident)*) => {
        impl<$($ty: Any),*> Any for ($($ty,)*) {
            fn any(rng: &mut Rng) -> Self {
                ($($ty::any(rng),)*)
            }
        }
    };
}
tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
