// The page of all requests, made from /openapi.json.

const byId = (id) => document.getElementById(id);

function element(name, text, ...children) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

function describeBody(operation) {
  const content = operation.requestBody?.content;
  return content ? [element("p", `Body: ${Object.keys(content).join(", ")}`)] : [];
}

function describeParameters(operation) {
  return (operation.parameters ?? []).map((each) =>
    element("p", `?${each.name}=: ${each.description}`),
  );
}

function describeResponses(responses) {
  const list = element("ul");
  for (const [status, response] of Object.entries(responses)) {
    list.append(element("li", `${status}: ${response.description}`));
  }
  return list;
}

function describeOperation(path, method, operation) {
  const title = element("summary", "", element("code", `${method.toUpperCase()} ${path}`), " ");
  title.append(operation.summary);
  return element(
    "details",
    "",
    title,
    ...describeParameters(operation),
    ...describeBody(operation),
    describeResponses(operation.responses),
  );
}

function show(description) {
  byId("description").textContent = description.info.description.replaceAll("`", "");
  byId("secret").hidden = !description.security.length;
  const groups = {};
  for (const [path, operations] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      (groups[operation.tags[0]] ??= []).push(describeOperation(path, method, operation));
    }
    if (path.startsWith("/predict/")) {
      byId("model").append(element("option", path.slice("/predict/".length)));
    }
  }
  for (const [name, operations] of Object.entries(groups)) {
    byId("requests").append(element("h3", name), ...operations);
  }
  document.body.dataset.ready = "";
}

async function predict(event) {
  event.preventDefault();
  const [file] = byId("file").files;
  const headers = { "content-type": file ? file.type || "application/octet-stream" : "text/plain" };
  if (!file && byId("text").value.includes(",")) headers["content-type"] = "text/csv";
  if (byId("token").value) headers.authorization = `Bearer ${byId("token").value}`;
  const body = file ?? byId("text").value;
  const answer = byId("answer");
  try {
    const response = await fetch(`/predict/${byId("model").value}`, { method: "POST", headers, body });
    answer.textContent = JSON.stringify(await response.json(), null, 2);
  } catch (error) {
    answer.textContent = String(error);
  }
  answer.hidden = false;
}

byId("form").addEventListener("submit", predict);
show(await (await fetch("/openapi.json")).json());
