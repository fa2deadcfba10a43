// Requests to the service this page came from. Its errors are problem documents (RFC 9457).

let token = ""; // in memory only

/** Send this token from now on. What comes with a pasted one, such as a zero width space, can be in none. */
export function useToken(given) {
  token = given.replace(/[^!-~]/g, "");
}

/** Whether a token has been entered. */
export const hasToken = () => token !== "";

/** Why the service did not answer as asked: status 0 if it did not answer at all. */
export class Refusal extends Error {
  constructor(status, title, detail, faults = [], seconds = null) {
    super(detail);
    Object.assign(this, { status, title, detail, faults, seconds });
  }
}

/**
 * What comes back to a GET, or, with a body, to a POST of JSON: "json" or a "blob". Throws Refusal, of an answer that
 * is cut off too, and AbortError if `signal` says so.
 */
export async function ask(path, { body = undefined, signal = undefined, as = "json" } = {}) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const request = { headers, signal, cache: "no-store" };
  if (body !== undefined) {
    Object.assign(request, { method: "POST", body: JSON.stringify(body) });
    headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(path, request);
    if (response.ok) return await response[as]();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(
      0,
      "The service does not answer",
      "It may have been stopped, or the network is down. What you entered is still here: try again in a moment.",
    );
  }
  throw await refusal(response);
}

async function refusal(response) {
  let problem = {};
  try {
    problem = await response.json();
  } catch {
    // an answer of something in between, such as a proxy: the status has to do
  }
  const seconds = Number(response.headers.get("Retry-After")) || null;
  const detail = problem.detail ?? `It answered with status ${response.status}.`;
  return new Refusal(response.status, problem.title ?? "The service refused", detail, problem.errors ?? [], seconds);
}

/** A refusal in words for a person: [title, text]. */
export function explained(error) {
  if (!(error instanceof Refusal)) throw error;
  switch (error.status) {
    case 401:
      return ["This service asks for a token", "Enter it above, then try again."];
    case 413:
      return ["That is too long", `${sentence(error.detail)} Read it in parts.`];
    case 422:
      return ["Something in it cannot be read", error.faults.length ? "" : sentence(error.detail)];
    case 429:
      return [
        "The service is busy",
        `Others are being answered. Come again in ${error.seconds ?? 2} seconds: what you entered stays here.`,
      ];
    default:
      return [error.title, sentence(error.detail)];
  }
}

/** A message that begins and ends as sentences do. */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
