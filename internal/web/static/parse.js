// Reads a page that the server sent, for its parts. It is the one place that turns text into elements: the policy of the
// page lets no other script do so. Scripts in what is read do not run.

const policy = window.trustedTypes?.createPolicy("roadstead", { createHTML: (html) => html });

export const parse = (html) => new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");
