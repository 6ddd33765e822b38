//! `trace!`.

/// Writes a line to the trace of the running actor: `trace!(ctx, "x = {} at {step}", x)`.
///
/// Only plain `{}`, `{0}` and `{name}` can be used, since the text is put together on the host from the values that
/// the device sent.
#[macro_export]
macro_rules! trace {
    ($ctx:expr, $($text:tt)+) => {
        $ctx.__trace(::core::file!(), ::core::line!(), ::core::format_args!($($text)+))
    };
}
