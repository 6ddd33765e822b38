//! The attributes of RingKernel.
