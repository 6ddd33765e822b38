//! What a compilation is asked for: versions, architectures and NVRTC's arguments.
//!
//! The arguments are part of a cubin's identity, so they are made here and nowhere else, in one fixed order.

use std::fmt;

/// A version of NVRTC or of the CUDA that a driver supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// 12 in 12.9
    pub major: u32,
    /// 9 in 12.9
    pub minor: u32,
}

impl Version {
    /// `Version::new(12, 9)` is CUDA 12.9.
    #[must_use]
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// From the number that `cuDriverGetVersion` gives: 12090 is 12.9.
    #[must_use]
    pub const fn from_driver(number: u32) -> Self {
        Self { major: number / 1000, minor: number % 1000 / 10 }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A device's architecture; 90 is `sm_90`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arch(u32);

impl Arch {
    /// From a compute capability: 9.0 is `Arch::new(9, 0)`.
    #[must_use]
    pub const fn new(major: u32, minor: u32) -> Self {
        Self(major * 10 + minor)
    }

    /// From NVRTC's own numbering: 90.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// NVRTC's numbering: 90.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// 9 for `sm_90`.
    #[must_use]
    pub const fn major(self) -> u32 {
        self.0 / 10
    }

    /// The best of the architectures in `supported` whose cubins run on this one: the same major, the highest minor that
    /// is not above ours.
    #[must_use]
    pub fn best_of(self, supported: &[Arch]) -> Option<Arch> {
        supported.iter().copied().filter(|a| a.major() == self.major() && *a <= self).max()
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sm_{}", self.0)
    }
}

/// Whether `a * b + c` may become one rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Contraction {
    /// Never, so that CPU and GPU agree bit for bit.
    #[default]
    Never,
    /// Wherever the compiler likes.
    Allowed,
}

/// How to compile.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Options {
    /// The device's architecture. A cubin is made for it or, where NVRTC does not know it, for the nearest older one of
    /// the same major that it knows.
    pub arch: Arch,
    /// Contraction of multiplications and additions that the text does not ask for.
    pub contraction: Contraction,
    /// Upper bound of registers a thread, if any.
    pub max_registers: Option<u32>,
    /// Macros, in the order given.
    pub defines: Vec<(String, String)>,
}

impl Options {
    /// The options that the runtime uses: no contraction, no register bound, no macros.
    #[must_use]
    pub const fn for_arch(arch: Arch) -> Self {
        Self { arch, contraction: Contraction::Never, max_registers: None, defines: Vec::new() }
    }

    /// With one more macro.
    #[must_use]
    pub fn define(mut self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.defines.push((name.into(), value.to_string()));
        self
    }

    /// NVRTC's arguments for the architecture `arch`, which NVRTC must know.
    #[must_use]
    pub fn arguments(&self, arch: Arch) -> Vec<String> {
        let mut args = vec![
            format!("--gpu-architecture={arch}"),
            "--std=c++17".to_owned(),
            match self.contraction {
                Contraction::Never => "--fmad=false".to_owned(),
                Contraction::Allowed => "--fmad=true".to_owned(),
            },
            // There is no host side in the text: what carries no annotation is device code.
            "--device-as-default-execution-space".to_owned(),
            "--device-int128".to_owned(),
            "--generate-line-info".to_owned(),
            // Registers and spills, in the log.
            "--ptxas-options=-v".to_owned(),
        ];
        if let Some(n) = self.max_registers {
            args.push(format!("--maxrregcount={n}"));
        }
        args.extend(self.defines.iter().map(|(name, value)| format!("--define-macro={name}={value}")));
        args
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_architecture_falls_back_within_its_major() {
        let known: Vec<_> = [75, 80, 86, 90, 100].map(Arch::from_number).to_vec();
        assert_eq!(Arch::new(8, 9).best_of(&known), Some(Arch::new(8, 6)));
        assert_eq!(Arch::new(10, 3).best_of(&known), Some(Arch::new(10, 0)));
        assert_eq!(Arch::new(7, 0).best_of(&known), None);
        assert_eq!(Arch::new(12, 0).best_of(&known), None);
    }

    #[test]
    fn a_drivers_number_reads_as_a_version() {
        assert_eq!(Version::from_driver(12090).to_string(), "12.9");
        assert_eq!(Version::from_driver(13000), Version::new(13, 0));
    }

    #[test]
    fn arguments_are_in_a_fixed_order() {
        let options =
            Options { max_registers: Some(64), ..Options::for_arch(Arch::new(9, 0)) }.define("A", 1).define("B", "x");
        let args = options.arguments(options.arch);
        assert_eq!(args[0], "--gpu-architecture=sm_90");
        assert_eq!(args[7..], ["--maxrregcount=64", "--define-macro=A=1", "--define-macro=B=x"]);
    }
}
