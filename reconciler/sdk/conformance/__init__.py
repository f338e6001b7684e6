"""The conformance kit: what every provider must keep to, as tests that a plugin's author runs with pytest.

Belongs here: checks that are true of all providers. Never here: anything that a provider needs at run time.
Imported by the tests of plugins; unlike the rest of the SDK it uses the engine, to compare as plans do.

    class TestMine(ProviderConformance):
        @pytest.fixture
        def subject(self, tmp_path):
            return Subject(MyProvider, clusters, samples)
"""

from reconciler.sdk.conformance.subject import Sample, Subject
from reconciler.sdk.conformance.suite import ProviderConformance

__all__ = ["ProviderConformance", "Sample", "Subject"]
