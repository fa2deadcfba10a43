"""Load as newsrooms make it.

locust -f tests/onrecord/service/locustfile.py --host http://127.0.0.1:8000 --headless --users 32 --run-time 60s
"""

from locust import FastHttpUser, between, task

SENTENCES = [
    "The talks will resume on Monday.",
    "The minister did not deny that the talks had collapsed, and her office declined to comment.",
    '"I never saw the letter," he told reporters outside the court, where some 40 people had waited since the morning.',
    "Exports rose 3 percent in March, the statistics office said.",
]
ARTICLE = {"text": " ".join(SENTENCES), "published": "2026-03-02"}


class Newsroom(FastHttpUser):
    """One client: single sentences mostly, now and then an article. A 429 that says when to come back is an answer."""

    wait_time = between(0, 0.1)

    @task(8)
    def predict(self) -> None:
        self._post(
            "/v1/predict", {"texts": [SENTENCES[self.environment.stats.num_requests % len(SENTENCES)]]}, "predictions"
        )

    @task(1)
    def read(self) -> None:
        self._post("/v1/read", ARTICLE, "statements")

    def _post(self, path: str, body: dict, answer: str) -> None:
        with self.client.post(path, json=body, catch_response=True) as response:
            if response.status_code == 429 and int(response.headers.get("Retry-After", 0)):
                response.success()
            elif response.status_code != 200 or not response.json().get(answer):
                response.failure(f"{response.status_code}: {response.text[:200]}")
