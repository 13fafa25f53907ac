"""Problem packages in the ICPC / Kattis format: read strictly, every fault named, nothing half-loaded."""

from judgeline.judging.packages.folder import Library
from judgeline.judging.packages.load import load_package
from judgeline.judging.packages.package import Package, PackageLimits, Sample, Statement, Submission, Test

__all__ = ["Library", "Package", "PackageLimits", "Sample", "Statement", "Submission", "Test", "load_package"]
