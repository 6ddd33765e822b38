//! NVIDIA's compiler and disassemblers from pinned wheels, below the target directory.
//!
//! They may not be put under an open licence, so they are installed, never vendored. A wheel is unpacked beside its place
//! and renamed, so what is there is whole; once there, neither Python nor the network is needed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process;

/// One wheel.
struct Wheel {
    package: &'static str,
    version: &'static str,
    /// The directory inside that matters.
    inside: &'static str,
}

/// The oldest compiler that we promise and the newest that we tried; both unpack to 110 MB and more.
const COMPILERS: [Wheel; 2] = [
    Wheel { package: "nvidia-cuda-nvrtc-cu12", version: "12.9.86", inside: "nvidia/cuda_nvrtc/lib" },
    Wheel { package: "nvidia-cuda-nvrtc", version: "13.0.88", inside: "nvidia/cu13/lib" },
];

/// For looking at machine code.
const DISASSEMBLERS: [Wheel; 2] = [
    Wheel { package: "nvidia-cuda-cuobjdump", version: "13.2.78", inside: "nvidia/cu13/bin" },
    Wheel { package: "nvidia-cuda-nvdisasm", version: "13.2.78", inside: "nvidia/cu13/bin" },
];

/// What could be installed, and why the rest could not.
#[derive(Default)]
pub(crate) struct Installed {
    /// Directories with an NVRTC, the oldest first.
    pub(crate) nvrtc: Vec<PathBuf>,
    /// Directories with disassemblers.
    pub(crate) disassemblers: Vec<PathBuf>,
    /// Reasons, one a line.
    pub(crate) missing: Vec<String>,
}

/// Installs whatever is not there yet.
pub(crate) fn install(target: &Path) -> Installed {
    let mut installed = Installed::default();
    for (wheels, directories) in [(&COMPILERS, &mut installed.nvrtc), (&DISASSEMBLERS, &mut installed.disassemblers)] {
        for wheel in wheels {
            match wheel.install(&target.join("nvrtc")) {
                Ok(directory) => directories.push(directory),
                Err(reason) => installed.missing.push(format!("{}=={}: {reason}", wheel.package, wheel.version)),
            }
        }
    }
    installed
}

impl Wheel {
    fn install(&self, parent: &Path) -> Result<PathBuf, String> {
        let place = parent.join(format!("{}-{}", self.package, self.version));
        let inside = place.join(self.inside);
        if inside.is_dir() {
            return Ok(inside);
        }
        let text = |error: std::io::Error| error.to_string();
        let partial = parent.join(format!(".{}-{}.partial", self.package, std::process::id()));
        fs::create_dir_all(&partial).map_err(text)?;
        let unpacked = self.unpack(&partial);
        let moved = unpacked.and_then(|()| {
            let _ = fs::remove_dir_all(&place);
            fs::rename(&partial, &place).map_err(text)
        });
        let _ = fs::remove_dir_all(&partial);
        moved?;
        if inside.is_dir() { Ok(inside) } else { Err(format!("the wheel has no {}", self.inside)) }
    }

    fn unpack(&self, into: &Path) -> Result<(), String> {
        let python = python().ok_or("there is no Python with pip (python3 -m pip) to install it with")?;
        let mut command = Command::new(python);
        command
            .args(["-m", "pip", "install", "--quiet", "--no-deps", "--no-input", "--only-binary=:all:"])
            .args(["--disable-pip-version-check", "--retries", "1", "--timeout", "30", "--target"])
            .arg(into)
            .arg(format!("{}=={}", self.package, self.version))
            .env("PIP_ROOT_USER_ACTION", "ignore");
        let mut last = String::new();
        let done = process::run(&mut command, |line| {
            if !line.trim().is_empty() {
                line.clone_into(&mut last);
            }
        });
        match done {
            Ok(true) => Ok(()),
            Ok(false) => Err(format!("pip failed: {last}")),
            Err(error) => Err(format!("{error:#}")),
        }
    }
}

fn python() -> Option<&'static str> {
    ["python3", "python"].into_iter().find(|name| process::answers(Command::new(name).args(["-m", "pip", "--version"])))
}
