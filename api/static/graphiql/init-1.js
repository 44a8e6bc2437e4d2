// Starts GraphiQL against this server. Subscriptions use the protocol graphql-transport-ws, one socket each: enough for
// trying things out, and short enough to read.
"use strict";

(() => {
  const socketUrl = location.origin.replace(/^http/, "ws") + "/graphql/ws";

  function subscribe(params, headers, observer) {
    const socket = new WebSocket(socketUrl, "graphql-transport-ws");
    const say = (message) => socket.send(JSON.stringify(message));
    let over = false;
    socket.onopen = () => say({ type: "connection_init", payload: { authorization: authorization(headers) } });
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      if (message.type === "connection_ack") {
        const { query, operationName, variables } = params;
        say({ type: "subscribe", id: "1", payload: { query, operationName, variables } });
      } else if (message.type === "ping") {
        say({ type: "pong" });
      } else if (message.type === "next") {
        observer.next(message.payload);
      } else if (message.type === "error") {
        over = true;
        observer.next({ errors: message.payload });
        socket.close(1000);
      } else if (message.type === "complete") {
        over = true;
        observer.complete();
        socket.close(1000);
      }
    };
    socket.onclose = (event) => {
      if (!over) {
        observer.error(new Error(`closed with ${event.code}: ${event.reason}`));
      }
    };
    return {
      unsubscribe() {
        over = true;
        socket.close(1000);
      },
    };
  }

  function authorization(headers) {
    const found = Object.entries(headers).find(([name]) => name.toLowerCase() === "authorization");
    return found ? found[1] : undefined;
  }

  function isSubscription(params, options) {
    const definitions = options?.documentAST?.definitions ?? [];
    return definitions.some(
      (definition) =>
        definition.kind === "OperationDefinition" &&
        definition.operation === "subscription" &&
        (!params.operationName || definition.name?.value === params.operationName),
    );
  }

  function fetcher(params, options) {
    const headers = options?.headers ?? {};
    if (isSubscription(params, options)) {
      return { subscribe: (observer) => subscribe(params, headers, observer) };
    }
    const { query, operationName, variables } = params;
    return fetch("/graphql", {
      method: "POST",
      headers: { ...headers, accept: "application/graphql-response+json", "content-type": "application/json" },
      body: JSON.stringify({ query, operationName, variables }),
    }).then((response) => response.json());
  }

  const root = ReactDOM.createRoot(document.getElementById("graphiql"));
  root.render(React.createElement(GraphiQL, { fetcher, defaultEditorToolsVisibility: true }));
})();
