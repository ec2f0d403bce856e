import { type Answer, anSdkClient } from './an-sdk-client.ts';

/** Like `anSdkClient`, for the SDK's paginators too, which take nothing but a client of their own service. */
export const aClientOf = <Client extends object>(
  Service: { readonly prototype: Client },
  answers: Readonly<Record<string, Answer>> = {},
) => {
  const { client, asked } = anSdkClient<{ send(command: object): Promise<unknown> }>(answers);
  // Paginators use one input for all pages: what was asked is what it was then.
  const send = (command: { input: object }) =>
    client.send(Object.assign(Object.create(command), { input: { ...command.input } }));
  return { client: Object.setPrototypeOf({ send }, Service.prototype) as Client, asked };
};

/** An error as the SDK throws it for an answer of the service with this status; without one nobody answered. */
export const answered = (name: string, status: number, message = name): Error =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
